-- Members as nobody knows their password, so that queries cost what they cost in a table of some size. Once only.

WITH crowd AS (
  INSERT INTO auth.users (email, username, display_name, phone, password_hash, created_at)
  SELECT
    format('user%s@example.com', n), format('user%s', n), format('User %s', n), format('+1 555 %s', 1000000 + n), @password_hash,
    now() - random() * interval '2 years'
  FROM generate_series(1, @size) AS n
  WHERE NOT EXISTS (SELECT FROM auth.users WHERE username = 'user1')
  RETURNING id
)
INSERT INTO auth.user_roles (user_id, role_id)
SELECT crowd.id, roles.id
FROM crowd
JOIN auth.roles ON roles.name = 'member';

ANALYZE auth.users, auth.user_roles;

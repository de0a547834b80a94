-- Only while there is no user at all.

WITH demo (id, email, username, display_name, phone, password_hash, role) AS (
  SELECT *
  FROM (VALUES
    (1::bigint, 'admin@example.com', 'admin', 'Ada Admin', '+1 555 0100', @admin_password_hash, 'admin'),
    (2::bigint, 'alice@example.com', 'alice', 'Alice Example', '+1 555 0101', @alice_password_hash, 'member')
  ) AS initial
  WHERE NOT EXISTS (SELECT FROM auth.users)
), new_users AS (
  INSERT INTO auth.users (id, email, username, display_name, phone, password_hash)
  SELECT id, email, username, display_name, phone, password_hash
  FROM demo
  RETURNING id
)
INSERT INTO auth.user_roles (user_id, role_id)
SELECT new_users.id, roles.id
FROM new_users
JOIN demo USING (id)
JOIN auth.roles ON roles.name = demo.role;

-- The ids above were chosen, not drawn from the sequence: it goes on behind them.
SELECT setval(pg_get_serial_sequence('auth.users', 'id'), greatest(max(id), 1)) FROM auth.users;

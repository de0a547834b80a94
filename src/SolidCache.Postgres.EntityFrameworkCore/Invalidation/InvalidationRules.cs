using Microsoft.EntityFrameworkCore.Metadata;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>All that was said in <c>UseSolidCacheInvalidation</c>.</summary>
internal sealed class InvalidationRules(InvalidationRule[] rules)
{
    public InvalidationRule[] Of(IReadOnlyEntityType entity) => Array.FindAll(rules, rule => rule.AppliesTo(entity));
}

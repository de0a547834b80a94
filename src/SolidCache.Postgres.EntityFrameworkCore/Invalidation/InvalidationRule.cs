using Microsoft.EntityFrameworkCore.Metadata;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>What is removed when an entity changes.</summary>
/// <param name="EntityType">Of the entity, or of what it derives from.</param>
/// <param name="EntityName">In the model; null for every entity of that type.</param>
/// <param name="IsTag">Whether it is a tag, and not a key.</param>
/// <param name="Name">Makes the key or the tag.</param>
internal sealed record InvalidationRule(Type EntityType, string? EntityName, bool IsTag, Func<object, string?> Name)
{
    public bool AppliesTo(IReadOnlyEntityType entity) => EntityType.IsAssignableFrom(entity.ClrType) && (EntityName is null || EntityName == entity.Name);
}

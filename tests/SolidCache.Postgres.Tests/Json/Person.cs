namespace SolidCache.Postgres.Tests.Json;

/// <summary>Something to store.</summary>
internal sealed record Person(string Name, int Age, IReadOnlyList<string> Roles)
{
    public bool Equals(Person? other) => other is not null && Name == other.Name && Age == other.Age && Roles.SequenceEqual(other.Roles);

    public override int GetHashCode() => HashCode.Combine(Name, Age);
}

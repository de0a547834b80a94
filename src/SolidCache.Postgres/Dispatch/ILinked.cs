namespace SolidCache.Postgres.Dispatch;

/// <summary>What a <see cref="Chain{T}"/> is made of.</summary>
/// <typeparam name="T">The type itself.</typeparam>
internal interface ILinked<T>
    where T : class
{
    T? Previous { get; set; }

    T? Next { get; set; }
}

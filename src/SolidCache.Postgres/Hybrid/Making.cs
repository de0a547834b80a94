namespace SolidCache.Postgres.Hybrid;

/// <summary>One caller's factory, and the object that it made, which need not be read again from its bytes.</summary>
internal sealed class Making<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> factory, Serializers serializers)
{
    private volatile bool _isDone;

    public T Made { get; private set; } = default!;

    public bool IsDone => _isDone;

    /// <returns>Null for what cannot be stored.</returns>
    public async ValueTask<byte[]?> MakeAsync(CancellationToken cancellationToken)
    {
        Made = await factory(state, cancellationToken).ConfigureAwait(false);
        _isDone = true;
        return serializers.Serialize(Made);
    }
}

namespace SolidCache.Postgres.Hybrid;

/// <summary>One caller's factory, and the object that it made, which need not be read again from its bytes.</summary>
internal sealed class Making<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> factory, Serializers serializers)
{
    private byte[]? _bytes;
    private volatile bool _isDone;

    public T Made { get; private set; } = default!;

    /// <summary>Whether a value is what this factory made: what is stored may be another's.</summary>
    /// <param name="value">As bytes; null for what cannot be stored.</param>
    public bool IsOf(byte[]? value) => _isDone && value == _bytes;

    /// <returns>Null for what cannot be stored.</returns>
    public async ValueTask<byte[]?> MakeAsync(CancellationToken cancellationToken)
    {
        Made = await factory(state, cancellationToken).ConfigureAwait(false);
        _bytes = serializers.Serialize(Made);
        _isDone = true;
        return _bytes;
    }
}

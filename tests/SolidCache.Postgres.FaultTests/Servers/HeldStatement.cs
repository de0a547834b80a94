namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>
/// A statement that a <see cref="TcpProxy"/> holds back, with all that its client sends after it: the first whose bytes contain a marker. Or its answer, with all
/// that the server sends from then on.
/// </summary>
internal sealed class HeldStatement(byte[] marker, bool holdsAnswer)
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets what ends when it is there, and goes no further.</summary>
    public Task Arrived => _arrived.Task;

    public bool HoldsAnswer => holdsAnswer;

    /// <summary>Gets what ends when the server gets it, or its client the answer.</summary>
    public Task Delivered => _delivered.Task;

    public void Deliver() => _delivered.TrySetResult();

    /// <summary>Looks whether these bytes are to be held.</summary>
    public bool IsIn(ReadOnlySpan<byte> bytes) => !Arrived.IsCompleted && bytes.IndexOf(marker) >= 0 && _arrived.TrySetResult();
}

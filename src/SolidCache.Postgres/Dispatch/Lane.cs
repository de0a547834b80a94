namespace SolidCache.Postgres.Dispatch;

/// <summary>One of the <see cref="Lanes{T}"/>, whose lock guards it.</summary>
/// <typeparam name="T">What a batch is made of.</typeparam>
internal sealed class Lane<T>(IBatchExecutor<T> executor)
{
    private int _looks;

    public IBatchExecutor<T> Executor => executor;

    public List<T> Batch { get; } = [];

    public LaneState State { get; private set; }

    /// <summary>Whether it has worked since it last rested.</summary>
    public bool HoldsConnection { get; set; }

    /// <summary>Whether it was seen twice with the same batch, or without one.</summary>
    public bool IsUnchanged => _looks >= 2;

    /// <summary>Whether it was seen with the same batch at least so often.</summary>
    public bool IsBusySince(int looks) => State == LaneState.Busy && _looks >= looks;

    public bool IsSlow => State == LaneState.Busy && IsUnchanged;

    public void WasSeen() => _looks++;

    public void Become(LaneState state)
    {
        State = state;
        _looks = 0;
        HoldsConnection |= state == LaneState.Busy;
    }
}

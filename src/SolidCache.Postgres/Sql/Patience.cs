namespace SolidCache.Postgres.Sql;

/// <summary>
/// How long asynchronous work on a session may take, or each of its statements. Npgsql's own limit ends a statement on a thread of the pool, which it
/// blocks until a server that hangs has heard of that, and a cancellation on the caller's; those threads are not ours.
/// </summary>
internal sealed class Patience : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly ITimer _timer;

    /// <param name="limit">From <see cref="Begin"/> to <see cref="End"/>.</param>
    /// <param name="time">Measures the limit.</param>
    /// <param name="caller">Ends it too.</param>
    public Patience(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        (_limit, _caller) = (limit, caller);
        _registration = caller.UnsafeRegister(static end => GiveUp((CancellationTokenSource)end!), _end);
        _timer = time.CreateTimer(static end => GiveUp((CancellationTokenSource)end!), _end, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gets what every wait for the server is to be ended by.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Whether it took too long, and nobody else ended it.</summary>
    public bool IsOver => _end.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Npgsql's limit for statements that are ended by a token: so late that it leaves the time to deliver the cancellation.</summary>
    public static TimeSpan Beyond(TimeSpan limit) => limit + limit + TimeSpan.FromSeconds(10);

    /// <summary>Ends what waits for the server, on a thread of its own: Npgsql asks the server to cancel, and blocks until a server that hangs has heard of it.</summary>
    public static void GiveUp(CancellationTokenSource waits) =>
        new Thread(static waits => Cancel((CancellationTokenSource)waits!)) { IsBackground = true, Name = "SolidCache.Postgres gives up" }.Start(waits);

    /// <summary>From now on time counts.</summary>
    public void Begin() => _timer.Change(_limit, Timeout.InfiniteTimeSpan);

    /// <summary>No longer.</summary>
    public void End() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _registration.Dispose();
        _end.Dispose();
    }

    private static void Cancel(CancellationTokenSource waits)
    {
        try
        {
            waits.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer came at the last moment.
        }
    }
}

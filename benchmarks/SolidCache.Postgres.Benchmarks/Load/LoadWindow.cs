namespace SolidCache.Postgres.Benchmarks.Load;

/// <summary>Tells callers whether to go on and whether what they do now counts: nothing does before the load is steady.</summary>
internal sealed class LoadWindow
{
    private volatile bool _isRecording;
    private volatile bool _isOver;

    public bool IsRecording => _isRecording;

    public bool IsOver => _isOver;

    public void StartRecording() => _isRecording = true;

    public void StopRecording() => _isRecording = false;

    public void End() => _isOver = true;
}

using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>
/// While keys are made. A copy is of its entity's type, a proxy or one with a loader of its own: asked for what it does not hold, it would query in the middle of
/// the save, once for each entity, or fail since nobody tracks it.
/// </summary>
internal readonly struct LazyLoadingPause : IDisposable
{
    private readonly ChangeTracker _tracker;
    private readonly bool _wasEnabled;

    public LazyLoadingPause(ChangeTracker tracker)
    {
        (_tracker, _wasEnabled) = (tracker, tracker.LazyLoadingEnabled);
        tracker.LazyLoadingEnabled = false;
    }

    public void Dispose() => _tracker.LazyLoadingEnabled = _wasEnabled;
}

using System.Diagnostics;

namespace SolidCache.Postgres.Entries;

/// <summary>Takes the result of a call that was made with <c>async: false</c> and is therefore complete.</summary>
internal static class SynchronousCall
{
    public static void Completed(this ValueTask call)
    {
        Debug.Assert(call.IsCompleted, "A call with async: false must complete before it returns.");
        call.GetAwaiter().GetResult();
    }

    public static T Completed<T>(this ValueTask<T> call)
    {
        Debug.Assert(call.IsCompleted, "A call with async: false must complete before it returns.");
        return call.GetAwaiter().GetResult();
    }
}

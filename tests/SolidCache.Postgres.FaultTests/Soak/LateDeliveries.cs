using System.Text;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>A network that keeps a statement, resets the client that has sent it, and hands it on some time later: before its deadline or after it.</summary>
internal static class LateDeliveries
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(6);

    /// <summary>One after the other, for as long as the occasion lasts. Some delays are a moment, some longer than a call may take.</summary>
    public static async Task RunAsync(Occasion occasion)
    {
        var end = Task.Delay(occasion.Length);
        do
        {
            var statement = occasion.Site.Network.HoldBack(Marker(occasion));
            try
            {
                await Task.WhenAny(statement.Arrived, Task.Delay(Patience));
                if (occasion.Random.Next(4) > 0)
                {
                    occasion.Site.Network.CutOffHeld();
                }

                await Task.Delay(LongestDelay * Math.Pow(occasion.Random.NextDouble(), 3));
            }
            finally
            {
                // One that never came is not held when it comes.
                statement.Deliver();
            }
        }
        while (!end.IsCompleted);
    }

    /// <summary>Of sets, or of whatever is done with a key.</summary>
    private static byte[] Marker(Occasion occasion) => occasion.Random.Next(2) == 0
        ? occasion.Plan.Values.Marker.ToArray()
        : Encoding.UTF8.GetBytes(occasion.Keys[occasion.Random.Next(occasion.Keys.Count)]);
}

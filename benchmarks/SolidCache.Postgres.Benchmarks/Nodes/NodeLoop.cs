namespace SolidCache.Postgres.Benchmarks.Nodes;

/// <summary>What such a process does: reads from its input, a line for each question, and answers each with a line.</summary>
internal static class NodeLoop
{
    public static async Task RunAsync<TQuestion, TAnswer>(Func<TQuestion, Task<TAnswer>> answerAsync)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Console.WriteLine(NodeJson.Line(await answerAsync(NodeJson.Read<TQuestion>(line))));
        }
    }
}

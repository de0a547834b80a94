using System.Collections.Concurrent;

namespace SolidCache.Postgres.Histories;

/// <summary>What the callers of this process did, and what they met that nobody may meet.</summary>
public sealed class History
{
    private readonly ConcurrentQueue<Operation> _operations = new();
    private readonly ConcurrentQueue<string> _faults = new();

    public void Add(Operation operation) => _operations.Enqueue(operation);

    public void Report(string fault) => _faults.Enqueue(fault);

    public async Task WriteAsync(TextWriter operations, TextWriter faults)
    {
        foreach (var operation in _operations)
        {
            await operations.WriteLineAsync(operation.ToLine());
        }

        foreach (var fault in _faults.Take(10))
        {
            await faults.WriteLineAsync(fault);
        }
    }
}

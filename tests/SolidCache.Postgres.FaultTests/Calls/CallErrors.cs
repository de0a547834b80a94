using System.Collections.Concurrent;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>What the callers of a load met. Of exceptions that say the same one is kept: thousands with their stacks would be more than the history itself.</summary>
internal sealed class CallErrors
{
    private readonly ConcurrentQueue<CallError> _errors = new();
    private readonly ConcurrentDictionary<(Type Type, string Message), Exception> _samples = new();

    public IReadOnlyCollection<CallError> All => _errors;

    public void Add(Operation operation, Exception error) => _errors.Enqueue(
        new CallError(operation.Start, operation.Kind, ErrorKind.Of(error), _samples.GetOrAdd((error.GetType(), error.Message), error)));
}

using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Reads numbers from the model's server.</summary>
internal sealed class ModelReader(ModelServer server, StoreParts parts, Random random) : IBatchExecutor<ReadRequest>
{
    public void Execute(List<ReadRequest> batch)
    {
        server.Pass(random);
        if (server.Fails(random))
        {
            throw new IOException("A read failed.");
        }

        var found = batch.ConvertAll(request => server.Find(request.Key.Stored));
        server.Pass(random);
        parts.Reads.End(batch);
        for (var index = 0; index < batch.Count; index++)
        {
            var value = ValueOf(batch[index], found[index]);
            if (value.TouchIsDue && batch[index].Slides)
            {
                parts.Store.TouchBehind(batch[index].Key, batch[index].Began);
            }

            if (!batch[index].Complete(value))
            {
                value.Return();
            }

            batch[index].Release();
        }
    }

    public void Fail(List<ReadRequest> batch, Exception error)
    {
        parts.Reads.End(batch);
        foreach (var request in batch)
        {
            request.Fail(error);
            request.Release();
        }
    }

    public void GiveUp(List<ReadRequest> batch)
    {
    }

    public void Rest() => server.Pass(random);

    private static ReadValue ValueOf(ReadRequest request, int? found)
    {
        if (found is not { } number)
        {
            return default;
        }

        var touchIsDue = number % 3 == 0;
        if (request.Kind == ReadKind.Life)
        {
            return new ReadValue(null, 0, touchIsDue, TimeSpan.FromSeconds(number));
        }

        var value = ReadValue.Rent(sizeof(int), touchIsDue);
        BitConverter.TryWriteBytes(value.Array, number);
        return value;
    }
}

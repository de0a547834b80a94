using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>A group of promises that are kept in every way of calling the cache.</summary>
[TestFixture(Calling.Async)]
[TestFixture(Calling.Sync)]
[TestFixture(Calling.AsyncDirect)]
[TestFixture(Calling.SyncDirect, Category = OneServer.Category)]
[TestFixture(Calling.Compressed, Category = OneServer.Category)]
public abstract class CacheContract(Calling calling) : ContractFixture(calling);

using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>Alone: Npgsql reports pools by their names, and every service of these tests has one of the same name.</summary>
[NonParallelizable]
public sealed class PoolHealthTests : SampleFixture
{
    [Test]
    public async Task The_pool_has_as_many_connections_as_it_may_open_and_those_in_use_are_not_free()
    {
        var source = Service.Services.GetRequiredService<NpgsqlDataSource>();
        var size = new NpgsqlConnectionStringBuilder(Database.ConnectionString).MaxPoolSize;
        var before = await PoolAsync();
        await using (await source.OpenConnectionAsync())
        await using (await source.OpenConnectionAsync())
        {
            var during = await PoolAsync();
            Assert.That(during.Size, Is.EqualTo(size));
            Assert.That(during.Free, Is.LessThanOrEqualTo(size - 2));
        }

        Assert.That(before.Free, Is.GreaterThan(size - 2), "Nothing but the check itself may have used one.");
    }

    private async Task<(long Size, long Free)> PoolAsync()
    {
        using var response = await Anonymous.ReadAsync("/health");
        var pool = (await response.JsonAsync()).GetProperty("services").GetProperty("database").GetProperty("pools").GetProperty("primary");
        return (pool.GetProperty("size").GetInt64(), pool.GetProperty("free").GetInt64());
    }
}

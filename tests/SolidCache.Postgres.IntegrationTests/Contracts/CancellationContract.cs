using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>Only the asynchronous methods can be cancelled.</summary>
[TestFixture(Calling.Async)]
[TestFixture(Calling.AsyncDirect)]
public sealed class CancellationContract(Calling calling) : ContractFixture(calling)
{
    [Test]
    public async Task A_cancelled_token_ends_every_call_before_any_io()
    {
        var cancelled = new CancellationToken(canceled: true);
        await using var unreachable = CacheHost.Build("Host=127.0.0.1;Port=1;Username=nobody");
        var cache = unreachable.Cache;

        await Assert.MultipleAsync(async () =>
        {
            await Assert.ThatAsync(() => cache.GetAsync("key", cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.TryGetAsync("key", new ArrayBufferWriter<byte>(), cancelled).AsTask(), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.SetAsync("key", [1], Forever, cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.RefreshAsync("key", cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.RemoveAsync("key", cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.ExistsAsync("key", cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.RemoveByPrefixAsync("key", cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.RemoveExpiredAsync(cancelled), Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(() => cache.GetStatisticsAsync(cancelled), Throws.InstanceOf<OperationCanceledException>());
        });
    }

    [Test]
    public async Task A_call_that_waits_for_a_connection_ends_when_cancelled_and_no_other_does()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Database.ConnectionString) { MaxPoolSize = 1 }.ConnectionString);
        await using var node = await CacheHost.StartAsync(
            Database.ConnectionString,
            options => options.ConnectionString = null,
            services => services.AddSingleton(source));
        using var cancellation = new CancellationTokenSource();
        Task<byte[]?> cancelled;
        Task<byte[]?> patient;
        await using (await source.OpenConnectionAsync())
        {
            cancelled = node.Cache.GetAsync(NewKey(), cancellation.Token);
            patient = node.Cache.GetAsync(NewKey());
            await cancellation.CancelAsync();

            await Assert.ThatAsync(() => cancelled, Throws.InstanceOf<OperationCanceledException>());
            Assert.That(patient.IsCompleted, Is.False);
        }

        Assert.That(await patient, Is.Null);
    }

    [Test]
    public async Task A_call_that_waits_for_a_server_to_answer_the_connection_ends_when_cancelled()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var node = CacheHost.Build($"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=nobody;SSL Mode=Disable");
        using var cancellation = new CancellationTokenSource();

        var call = node.Cache.GetAsync("key", cancellation.Token);
        using var accepted = await silent.AcceptSocketAsync();
        await cancellation.CancelAsync();

        await Assert.ThatAsync(() => call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_queued_write_that_is_cancelled_is_withdrawn()
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [0], Forever);
        using var cancellation = new CancellationTokenSource();
        Task first;
        Task third;
        await using (await LockedAsync(key))
        {
            first = SolidCache.SetAsync(key, [1], Forever);
            var second = SolidCache.SetAsync(key, [2], Forever, cancellation.Token);
            third = SolidCache.GetAsync(key);
            await cancellation.CancelAsync();

            await Assert.ThatAsync(() => second, Throws.InstanceOf<OperationCanceledException>());
            Assert.That(first.IsCompleted, Is.False);
        }

        await first;
        await third;
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task A_write_that_was_cancelled_under_way_does_not_take_effect_after_a_later_one()
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [0], Forever);
        using var cancellation = new CancellationTokenSource();
        Task remove;
        await using (var locker = await LockedAsync(key))
        {
            var set = SolidCache.SetAsync(key, [1], Forever, cancellation.Token);
            await UntilItIsMetAsync(locker);
            await cancellation.CancelAsync();
            await Assert.ThatAsync(() => set, Throws.InstanceOf<OperationCanceledException>());
            remove = SolidCache.RemoveAsync(key);
        }

        await remove;
        Assert.That(await SolidCache.GetAsync(key), Is.Null);
        Assert.That(await Database.ScalarAsync<long>($"SELECT count(*) FROM solid_cache_entries WHERE key = '{key}'"), Is.Zero);
    }

    /// <summary>Holds a lock on a row, as another client's transaction would, until it is disposed.</summary>
    private async Task<NpgsqlConnection> LockedAsync(string key)
    {
        var connection = await Database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand($"BEGIN; SELECT 1 FROM solid_cache_entries WHERE key = '{key}' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Waits until a set has met the lock: it waits for a moment, and is sent again and again after that.</summary>
    private Task UntilItIsMetAsync(NpgsqlConnection locker) => Eventually.TrueAsync(
        () => Database.ScalarAsync<bool>(
            $"""
            SELECT count(*) > 0
            FROM pg_stat_activity AS met, pg_stat_activity AS locker
            WHERE met.datname = current_database()
              AND locker.pid = {locker.ProcessID}
              AND met.query_start > locker.xact_start
              AND (met.wait_event_type = 'Lock' OR met.query LIKE '%solid\_cache:set\_free%')
            """),
        "a set has met the lock");
}

using Microsoft.Extensions.Caching.Hybrid;
using Npgsql;
using SolidCache.Postgres;

namespace MultiNode;

/// <summary>One of several instances of a service: articles in a table, remembered in the memory of each instance.</summary>
internal static class Node
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var connectionString = builder.Configuration.GetConnectionString("Postgres")
            ?? throw new InvalidOperationException("Set ConnectionStrings__Postgres, or start ./samples/MultiNode/run.sh.");
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        builder.Services.AddPostgresSolidHybridCache(options =>
        {
            options.ConnectionString = connectionString;
            options.TableName = "multi_node_cache";
        });
        builder.Services.AddSingleton<Articles>();
        var app = builder.Build();

        app.MapGet("/articles/{id:int}", (Articles articles, int id, CancellationToken token) => articles.GetAsync(id, token));
        app.MapPut("/articles/{id:int}", (Articles articles, int id, string title, CancellationToken token) => articles.RenameAsync(id, title, token));
        app.MapGet("/memory", (ISolidCacheInvalidations told, Articles articles) => new { told.IsCurrent, articles.Reads });
        await app.RunAsync();
        return 0;
    }

    private sealed class Articles(NpgsqlDataSource database, HybridCache cache, ISolidCache table)
    {
        private int _reads;

        /// <summary>Gets how often an article was read from its table.</summary>
        public int Reads => _reads;

        public ValueTask<Article?> GetAsync(int id, CancellationToken cancellationToken) => cache.GetOrCreateAsync(
            $"article:{id}",
            async token =>
            {
                Interlocked.Increment(ref _reads);
                await using var select = database.CreateCommand("SELECT title FROM articles WHERE id = $1");
                select.Parameters.AddWithValue(id);
                return await select.ExecuteScalarAsync(token) is string title ? new Article(id, title) : null;
            },
            cancellationToken: cancellationToken);

        /// <summary>The entry goes with the change, in one transaction, on every node.</summary>
        public async Task RenameAsync(int id, string title, CancellationToken cancellationToken)
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var update = new NpgsqlCommand("UPDATE articles SET title = $2 WHERE id = $1", connection, transaction)
            {
                Parameters = { new() { Value = id }, new() { Value = title } },
            };
            await update.ExecuteNonQueryAsync(cancellationToken);
            await table.RemoveAsync($"article:{id}", transaction, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }
}

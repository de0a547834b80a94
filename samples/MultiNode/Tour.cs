using System.ComponentModel;
using System.Diagnostics;
using Npgsql;

namespace MultiNode;

/// <summary>Three nodes; what is changed on one, or past all of them, and how soon the others know; and what happens when something is killed.</summary>
internal static class Tour
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly HttpClient Http = new();
    private static int _titles;

    public static async Task<int> RunAsync(int rounds)
    {
        await using var database = NpgsqlDataSource.Create(Environment.GetEnvironmentVariable("ConnectionStrings__Postgres")
            ?? throw new InvalidOperationException("Start ./samples/MultiNode/run.sh."));
        await ExecuteAsync(database, "DROP TABLE IF EXISTS articles; CREATE TABLE articles (id integer PRIMARY KEY, title text NOT NULL); INSERT INTO articles VALUES (1, 'first')");
        var nodes = new List<NodeProcess>();
        try
        {
            while (nodes.Count < 3)
            {
                nodes.Add(await NodeProcess.StartAsync(Http));
            }

            await ExecuteAsync(database, "SELECT multi_node_cache_remove_on_change('articles', 'article:{id}')");
            await SeesAsync(nodes, "first");
            Console.WriteLine("Three nodes have read article 1, and remember it.");

            var (title, own) = ("", new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                title = NextTitle();
                using var renamed = await Http.PutAsync(new Uri(nodes[round % nodes.Count].Address, $"articles/1?title={title}"), null);
                renamed.EnsureSuccessStatusCode();
                own.Add(await SeesAsync(nodes, title));
            }

            Tell("Renamed by one node, in a transaction that removes the entry", own);

            var past = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                title = NextTitle();
                await ExecuteAsync(database, $"UPDATE articles SET title = '{title}' WHERE id = 1");
                past.Add(await SeesAsync(nodes, title));
            }

            Tell("Renamed past all of them by an UPDATE, whose trigger removes it", past);

            await ExecuteAsync(
                database,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%solid_cache:listen%' AND pid <> pg_backend_pid()");
            title = NextTitle();
            await ExecuteAsync(database, $"UPDATE articles SET title = '{title}' WHERE id = 1");
            Tell("After the connections were killed on which they listen", [await SeesAsync(nodes, title)]);

            nodes[2].Kill();
            title = NextTitle();
            await ExecuteAsync(database, $"UPDATE articles SET title = '{title}' WHERE id = 1");
            Tell("Two nodes, after the third was killed", [await SeesAsync(nodes[..2], title)]);
            nodes[2].Dispose();
            nodes[2] = await NodeProcess.StartAsync(Http);
            await SeesAsync(nodes, title);
            Console.WriteLine("A new third node has it too.");
            await CrashAsync(database, nodes);
            Console.WriteLine("The tour has come to its end.");
            return 0;
        }
        finally
        {
            nodes.ForEach(static node => node.Dispose());
        }
    }

    /// <summary>The server ends all connections and begins anew, as after the death of any of its processes; what it had not logged is gone.</summary>
    private static async Task CrashAsync(NpgsqlDataSource database, List<NodeProcess> nodes)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync();
            using var backend = Process.GetProcessById(connection.ProcessID);
            if (!backend.ProcessName.StartsWith("postgres", StringComparison.Ordinal))
            {
                throw new ArgumentException("It is a process of another machine.");
            }

            backend.Kill();
        }
        catch (Exception error) when (error is ArgumentException or Win32Exception or InvalidOperationException)
        {
            Console.WriteLine("The crash of the server is left out: its processes are not here, or not ours.");
            return;
        }

        var crashed = Stopwatch.StartNew();
        var title = NextTitle();
        while (true)
        {
            try
            {
                NpgsqlConnection.ClearAllPools();
                await ExecuteAsync(database, $"UPDATE articles SET title = '{title}' WHERE id = 1");
                break;
            }
            catch (NpgsqlException) when (crashed.Elapsed < Patience)
            {
                await Task.Delay(50);
            }
        }

        Tell("After a crash of the server, and the rename that it was up again for", [await SeesAsync(nodes, title)]);
    }

    /// <returns>Milliseconds until no node served anything else.</returns>
    private static async Task<double> SeesAsync(IEnumerable<NodeProcess> nodes, string title)
    {
        var waited = Stopwatch.StartNew();
        await Task.WhenAll(nodes.Select(async node =>
        {
            while (await TitleAsync(node) != title)
            {
                if (waited.Elapsed > Patience)
                {
                    throw new TimeoutException($"{node.Address} does not serve '{title}' after {Patience.TotalSeconds} seconds.");
                }
            }
        }));
        return waited.Elapsed.TotalMilliseconds;
    }

    private static async Task<string?> TitleAsync(NodeProcess node)
    {
        try
        {
            return (await Http.GetFromJsonAsync<Article>(new Uri(node.Address, "articles/1")))?.Title;
        }
        catch (HttpRequestException)
        {
            // While its server is away it cannot read the article.
            await Task.Delay(20);
            return null;
        }
    }

    private static void Tell(string what, List<double> milliseconds)
    {
        milliseconds.Sort();
        Console.WriteLine(milliseconds.Count == 1
            ? $"{what}: all serve the new title after {milliseconds[0]:0.0} ms."
            : $"{what}: all serve the new title after {milliseconds[milliseconds.Count / 2]:0.0} ms (median of {milliseconds.Count}; 99 of 100 within {milliseconds[(milliseconds.Count - 1) * 99 / 100]:0.0}).");
    }

    private static string NextTitle() => $"title-{Interlocked.Increment(ref _titles)}";

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

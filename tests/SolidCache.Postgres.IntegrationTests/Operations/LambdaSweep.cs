using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Operations;

/// <summary>samples/SweepLambda as a process, under a server that speaks as Lambda does.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Category(OneServer.Category)]
public sealed class LambdaSweep
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Channel<string> _invocations = Channel.CreateUnbounded<string>();
    private readonly Channel<(string Path, JsonElement Body)> _answers = Channel.CreateUnbounded<(string, JsonElement)>();
    private WebApplication _lambda = null!;

    [SetUp]
    public async Task StartLambdaAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _lambda = builder.Build();
        _lambda.MapGet("/2018-06-01/runtime/invocation/next", async (HttpContext context) =>
        {
            context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = await _invocations.Reader.ReadAsync(context.RequestAborted);
            await context.Response.WriteAsync("{}");
        });
        _lambda.MapPost("/2018-06-01/runtime/{**path}", async (string path, HttpContext context) =>
        {
            await _answers.Writer.WriteAsync((path, await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body)));
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        });
        await _lambda.StartAsync();
    }

    [TearDown]
    public async Task StopLambdaAsync() => await _lambda.DisposeAsync();

    [Test]
    public async Task Each_invocation_sweeps_and_a_failure_is_told_and_survived()
    {
        await using var database = await TestDatabase.CreateAsync();
        // What the driver asks at its start would call this, were it found.
        await database.ExecuteAsync(
            """
            CREATE FUNCTION public.same(oid, regproc) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
            CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = regproc, FUNCTION = public.same);
            """);
        using var function = Start(database.ConnectionString);
        try
        {
            var withoutTable = await InvokeAsync("first");
            await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
            await database.ExecuteAsync("INSERT INTO solid_cache_entries (key, value, expires_at) VALUES ('old', '', now()), ('live', '', 'infinity')");
            var swept = await InvokeAsync("second");

            Assert.That(withoutTable.Path, Is.EqualTo("invocation/first/error"));
            Assert.That(withoutTable.Body.GetProperty("errorType").GetString(), Is.EqualTo("PostgresException"));
            Assert.That(swept.Path, Is.EqualTo("invocation/second/response"));
            Assert.That(swept.Body.GetProperty("deleted_count").GetInt64(), Is.EqualTo(1));
            Assert.That(await database.ScalarAsync<string>("SELECT string_agg(key, ',') FROM solid_cache_entries"), Is.EqualTo("live"));
        }
        finally
        {
            function.Kill();
        }
    }

    [TestCase("")]
    [TestCase("Passwort=se-cret")]
    public async Task A_start_without_a_connection_string_is_a_start_failure_that_shows_no_secret(string connectionString)
    {
        using var function = Start(connectionString);
        var (path, body) = await AnswerAsync();
        await function.WaitForExitAsync().WaitAsync(Patience);

        Assert.That(path, Is.EqualTo("init/error"));
        Assert.That(body.GetProperty("errorMessage").GetString(), Does.StartWith("DATABASE_CONNECTION_STRING").And.Not.Contain("se-cret"));
        Assert.That(function.ExitCode, Is.EqualTo(1));
    }

    private async Task<(string Path, JsonElement Body)> InvokeAsync(string id)
    {
        await _invocations.Writer.WriteAsync(id);
        return await AnswerAsync();
    }

    private async Task<(string Path, JsonElement Body)> AnswerAsync() => await _answers.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private Process Start(string connectionString)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(RepositoryRoot.Path, "samples/SweepLambda/bin", framework.Parent!.Name, framework.Name, "bootstrap.dll");
        var start = new ProcessStartInfo("dotnet", [program]) { RedirectStandardOutput = true };
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = new Uri(_lambda.Urls.Single()).Authority;
        start.Environment["DATABASE_CONNECTION_STRING"] = connectionString;
        return Process.Start(start)!;
    }
}

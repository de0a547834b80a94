using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.DependencyInjection;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>Who is refused wakes nobody, so that a breaker which opens has to.</summary>
public sealed class OpenBreakerTests
{
    [Test]
    public async Task A_breaker_that_opens_while_nobody_calls_asks_its_server()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var provider = new ServiceCollection()
            .AddPostgresSolidCache(options => options.ConnectionString = $"Host=127.0.0.1;Port={((IPEndPoint)server.LocalEndpoint).Port};Username=nobody;Timeout=1")
            .BuildServiceProvider();
        var breaker = Writes(provider.GetRequiredKeyedService<CacheParts>(""));

        breaker.Hung(new TimeoutException(), breaker.Successes);

        using var question = await server.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That(breaker.State, Is.EqualTo(BreakerState.Open));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_writeBreaker")]
    private static extern ref CircuitBreaker Writes(CacheParts parts);
}

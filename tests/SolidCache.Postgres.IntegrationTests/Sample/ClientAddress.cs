using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>Where requests within this process come from: they have no address. A header says another than this machine's.</summary>
internal sealed class ClientAddress : IStartupFilter
{
    public const string Header = "X-Test-Client";

    /// <summary>As by a Unix socket.</summary>
    public const string None = "none";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static (context, further) =>
        {
            var asked = context.Request.Headers[Header].ToString();
            context.Connection.RemoteIpAddress = asked switch
            {
                None => null,
                "" => context.Connection.RemoteIpAddress ?? IPAddress.Loopback,
                _ => IPAddress.Parse(asked),
            };
            context.Request.Headers.Remove(Header); // The service sees what a client of that address would have sent.
            return further(context);
        });
        next(app);
    };
}

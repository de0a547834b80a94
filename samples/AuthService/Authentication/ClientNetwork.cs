using System.Net;
using System.Net.Sockets;

namespace AuthService.Authentication;

/// <summary>Where a request comes from, as limits count it.</summary>
internal static class ClientNetwork
{
    private const int NetworkBytes = 8;

    /// <returns>The address; of one of IPv6 the /64, since every customer has all of that; nothing where there is none, as by a Unix socket.</returns>
    public static string Of(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } address => $"{new IPAddress([.. address.GetAddressBytes().AsSpan(0, NetworkBytes), .. new byte[NetworkBytes]])}/64",
        var address => address.ToString(),
    };
}

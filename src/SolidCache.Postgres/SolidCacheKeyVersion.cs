using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using SolidCache.Postgres.Json;

namespace SolidCache.Postgres;

/// <summary>Versions for key prefixes that change by themselves when what is cached changes its shape.</summary>
/// <remarks>
/// In a rolling deployment the old and the new version of an application read entries of their own, and neither meets JSON that it
/// cannot read:
/// <code>options.KeyPrefix = $"auth-{SolidCacheKeyVersion.Of(ProfileJson.Default.UserProfile)}";   // auth-3f2a91c0</code>
/// An update that goes through one version removes only that version's entry: until the deployment is over, the other's may be
/// as old as its expiration allows. Entries of a version that nobody reads any more expire and are swept.
/// </remarks>
public static class SolidCacheKeyVersion
{
    private const int Digits = 8;

    /// <summary>Describes the JSON of some types in a few digits.</summary>
    /// <remarks>
    /// What counts are the names, types, nullability and requiredness of the JSON properties, of the types that they hold and of their
    /// derived types, the members of enums and how they and numbers are written (by options, attributes and the framework's converters), and
    /// custom converters by their names. The names of the types that become JSON objects, and the
    /// order in which properties are declared, do not. A change within a custom converter cannot be seen: rename the converter, or add a
    /// number of your own to the prefix.
    /// </remarks>
    /// <param name="shapes">One or more types as <c>System.Text.Json</c> knows them, such as <c>ProfileJson.Default.UserProfile</c>.</param>
    /// <returns>8 lower-case hexadecimal digits, the same for the same shapes in every process and on every machine.</returns>
    /// <exception cref="ArgumentException"><paramref name="shapes"/> is empty.</exception>
    public static string Of(params ReadOnlySpan<JsonTypeInfo> shapes)
    {
        if (shapes.IsEmpty)
        {
            throw new ArgumentException("At least one shape is needed, such as ProfileJson.Default.UserProfile.", nameof(shapes));
        }

        var description = new JsonShape();
        foreach (var shape in shapes)
        {
            ArgumentNullException.ThrowIfNull(shape, nameof(shapes));
            description.Add(shape);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(description.ToString())))[..Digits];
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>An authority of a test's own, which no system knows, and the certificate that it has issued to a server.</summary>
internal sealed class Certificates : IDisposable
{
    /// <summary>The name in the server's certificate.</summary>
    public const string Host = "localhost";

    private readonly string _folder;
    private readonly string _certificate;
    private readonly string _key;

    private Certificates(string folder, string certificate, string key) => (_folder, _certificate, _key) = (folder, certificate, key);

    /// <summary>The authority's certificate.</summary>
    public string Root => Path.Combine(_folder, "root.pem");

    /// <summary>Settings of a server that lets in by TLS only.</summary>
    public string[] Settings => ["ssl=on", $"ssl_cert_file={Certificate}", $"ssl_key_file={Key}", $"hba_file={Rules}"];

    private string Certificate => Path.Combine(_folder, "server.pem");

    private string Key => Path.Combine(_folder, "server.key");

    private string Rules => Path.Combine(_folder, "pg_hba.conf");

    public static async Task<Certificates> IssueAsync()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority(rootKey);
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = Issue(root, serverKey);
        var certificates = new Certificates(await DataFolder.EmptyAsync(), server.ExportCertificatePem(), serverKey.ExportPkcs8PrivateKeyPem());
        await WriteAsync(certificates.Root, root.ExportCertificatePem());
        await certificates.ShowAsync(certificates);
        await WriteAsync(certificates.Rules, "hostssl all all all scram-sha-256\n");
        return certificates;
    }

    /// <summary>Puts certificate and key where the server finds them when it starts or is told to look again.</summary>
    public async Task ShowAsync(Certificates shown)
    {
        await WriteAsync(Certificate, shown._certificate);
        await WriteAsync(Key, shown._key);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static X509Certificate2 Authority(ECDsa key)
    {
        var request = new CertificateRequest("CN=An authority of the tests", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, ECDsa key)
    {
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        return request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
    }

    /// <summary>PostgreSQL wants a key that nobody else may read.</summary>
    private static async Task WriteAsync(string path, string text)
    {
        await File.WriteAllTextAsync(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Programs.HandOverAsync(path);
    }
}

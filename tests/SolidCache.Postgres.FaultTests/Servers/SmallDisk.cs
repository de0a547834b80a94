namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>A disk of a test's own, which it may fill: a file system in memory.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int PageBytes = 4096;
    private readonly string _mount;

    private SmallDisk(string mount) => _mount = mount;

    /// <summary>An empty folder on it, of the user who runs PostgreSQL.</summary>
    public string Folder => Path.Combine(_mount, "tablespace");

    private string Filler => Path.Combine(_mount, "filler");

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var mount = await DataFolder.EmptyAsync();
        try
        {
            await Superuser.NeedAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=711", "tmpfs", mount);
        }
        catch
        {
            Directory.Delete(mount);
            throw;
        }

        var disk = new SmallDisk(mount);
        Directory.CreateDirectory(disk.Folder);
        await Programs.HandOverAsync(disk.Folder);
        return disk;
    }

    /// <summary>Writes a file that takes all there is left.</summary>
    public void Fill()
    {
        using var file = File.OpenHandle(Filler, FileMode.CreateNew, FileAccess.Write);
        var page = new byte[PageBytes];
        try
        {
            for (long offset = 0; ; offset += PageBytes)
            {
                RandomAccess.Write(file, page, offset);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Deletes that file.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        // Lazily, should a process that was killed with the test not have ended yet.
        if (await Superuser.ErrorOfAsync("umount", _mount) is not null)
        {
            await Superuser.RunAsync("umount", "--lazy", _mount);
        }

        Directory.Delete(_mount);
    }
}

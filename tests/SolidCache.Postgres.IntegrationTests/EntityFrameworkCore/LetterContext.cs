using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>Letters whose writers are loaded when somebody asks for them, in one of the ways that Entity Framework has for it. Public, since proxies derive from them.</summary>
public class LetterContext<TLetter>(DbContextOptions options) : DbContext(options)
    where TLetter : class, ILetter
{
    public DbSet<TLetter> Letters => Set<TLetter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<TLetter>(letter =>
        {
            letter.ToTable("letters");
            letter.HasOne(entity => entity.Writer).WithMany().HasForeignKey(entity => entity.WriterId);
            letter.OwnsOne(entity => entity.Stamp);
        });
        modelBuilder.Entity<Writer>().ToTable("writers");
    }
}

/// <summary>Its proxies tell of their changes, and the context remembers what was there before them.</summary>
public class RecordingLetterContext(DbContextOptions options) : LetterContext<ProxiedLetter>(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.HasChangeTrackingStrategy(ChangeTrackingStrategy.ChangingAndChangedNotificationsWithOriginalValues);
    }
}

public interface ILetter
{
    long Id { get; set; }

    string Text { get; set; }

    long? WriterId { get; set; }

    Writer? Writer { get; set; }

    Stamp? Stamp { get; set; }
}

public class Writer
{
    public virtual long Id { get; set; }

    public virtual string Name { get; set; } = "";
}

public class Stamp
{
    public virtual int Price { get; set; }
}

/// <summary>Lazy where its context makes proxies.</summary>
public class ProxiedLetter : ILetter
{
    public virtual long Id { get; set; }

    public virtual string Text { get; set; } = "";

    public virtual long? WriterId { get; set; }

    public virtual Writer? Writer { get; set; }

    public virtual Stamp? Stamp { get; set; }
}

/// <summary>Loads by itself.</summary>
public class LoadingLetter : ILetter
{
    private readonly ILazyLoader? _loader;
    private Writer? _writer;

    public LoadingLetter()
    {
    }

    protected LoadingLetter(ILazyLoader loader) => _loader = loader;

    public long Id { get; set; }

    public string Text { get; set; } = "";

    public long? WriterId { get; set; }

    public Writer? Writer
    {
        get => _loader.Load(this, ref _writer);
        set => _writer = value;
    }

    public Stamp? Stamp { get; set; }
}

/// <summary>Loads by itself, and knows nothing of Entity Framework.</summary>
public class AskingLetter : ILetter
{
    private readonly Action<object, string>? _load;
    private Writer? _writer;

    public AskingLetter()
    {
    }

    protected AskingLetter(Action<object, string> lazyLoader) => _load = lazyLoader;

    public long Id { get; set; }

    public string Text { get; set; } = "";

    public long? WriterId { get; set; }

    public Writer? Writer
    {
        get
        {
            _load?.Invoke(this, nameof(Writer));
            return _writer;
        }
        set => _writer = value;
    }

    public Stamp? Stamp { get; set; }
}

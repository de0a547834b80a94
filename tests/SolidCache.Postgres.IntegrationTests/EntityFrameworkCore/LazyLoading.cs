using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>Entities that load what they refer to when they are asked for it: their copies, of which keys are made, do not.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class LazyLoading(bool isAsync) : ShopFixture(isAsync)
{
    [OneTimeSetUp]
    public async Task CreateTablesAsync()
    {
        await using var context = new LetterContext<ProxiedLetter>(Options(static _ => { }));
        await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
    }

    [Test]
    public Task A_proxy_that_loads() => LoadsNothingAsync(key => new LetterContext<ProxiedLetter>(Options(static options => options.UseLazyLoadingProxies(), key)));

    [Test]
    public Task A_proxy_that_tells_of_its_changes() => LoadsNothingAsync(key => new RecordingLetterContext(Options(static options => options.UseLazyLoadingProxies().UseChangeTrackingProxies(), key)));

    [Test]
    public Task An_entity_with_a_loader() => LoadsNothingAsync(key => new LetterContext<LoadingLetter>(Options(static _ => { }, key)));

    [Test]
    public Task An_entity_with_a_function_that_loads() => LoadsNothingAsync(key => new LetterContext<AskingLetter>(Options(static _ => { }, key)));

    [Test]
    public async Task A_proxy_whose_former_values_nobody_remembers_fails_the_save()
    {
        await FillAsync();
        await using var context = new LetterContext<ProxiedLetter>(Options(static options => options.UseChangeTrackingProxies()));
        var letter = await context.Letters.FirstAsync();
        letter.Text = "new";

        await Assert.ThatAsync(() => SaveAsync(context), Throws.TypeOf<DbUpdateException>().With.InnerException.Message.Contains("ChangingAndChangedNotificationsWithOriginalValues"), "The page says so.");
    }

    [Test]
    public async Task A_function_that_throws_leaves_lazy_loading_as_it_was()
    {
        await using var context = new LetterContext<LoadingLetter>(Options(static _ => { }, static _ => throw new NotSupportedException()));
        context.Add(new LoadingLetter());

        await Assert.ThatAsync(() => SaveAsync(context), Throws.InvalidOperationException);

        Assert.That(context.ChangeTracker.LazyLoadingEnabled, Is.True);
    }

    private async Task LoadsNothingAsync<TLetter>(Func<Func<ILetter, string?>, LetterContext<TLetter>> contextOf)
        where TLetter : class, ILetter
    {
        await FillAsync();
        var asked = 0;
        await using var context = contextOf(letter =>
        {
            asked++;
            return letter.Writer is null ? $"letter:{letter.Id}:{letter.Text}:{letter.Stamp!.Price}" : null;
        });
        var letters = await context.Letters.OrderBy(letter => letter.Id).ToListAsync();
        await CacheAsync("letter:1::7", "letter:1:new:8", "letter:2::7", "letter:3::7");
        (letters[0].Text, letters[0].Stamp!.Price) = ("new", 8);
        context.Remove(letters[1]);
        var read = SelectsOfWriters;

        await SaveAsync(context);

        Assert.That(asked, Is.EqualTo(3), "as it was, as it is, and what is gone");
        Assert.That(SelectsOfWriters, Is.EqualTo(read));
        Assert.That(await RemovedAsync(), Is.EqualTo((string[])["letter:1::7", "letter:1:new:8", "letter:2::7"]));
        Assert.That(letters[2].Writer?.Name, Is.EqualTo("Ada"), "The application's own entities load as before.");
        Assert.That(SelectsOfWriters, Is.EqualTo(read + 1));
    }

    private Task FillAsync() => Database.ExecuteAsync(
        """
        TRUNCATE letters, writers;
        INSERT INTO writers ("Id", "Name") OVERRIDING SYSTEM VALUE VALUES (1, 'Ada');
        INSERT INTO letters ("Id", "Text", "WriterId", "Stamp_Price") OVERRIDING SYSTEM VALUE SELECT id, '', 1, 7 FROM generate_series(1, 3) AS id
        """);

    private int SelectsOfWriters => Statements.Count(static statement => statement.Contains("FROM writers", StringComparison.Ordinal));

    private DbContextOptions Options(Action<DbContextOptionsBuilder> how, Func<ILetter, string?>? key = null)
    {
        var options = new DbContextOptionsBuilder()
            .UseNpgsql(Source)
            .UseApplicationServiceProvider(Services)
            .UseSolidCacheInvalidation(cache => cache.On<ILetter>(key ?? (static _ => null)));
        how(options);
        return options.Options;
    }
}

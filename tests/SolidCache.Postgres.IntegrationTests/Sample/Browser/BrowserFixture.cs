using Microsoft.Playwright;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample.Browser;

/// <summary>A real browser, the real service, and a page for each test, which may ask nobody else for anything and complain about nothing.</summary>
[Category(OneServer.Category)]
public abstract class BrowserFixture
{
    /// <summary>In milliseconds: a browser beside three other fixtures takes its time.</summary>
    private const float Patience = 60_000;

    private readonly List<string> _complaints = [];
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private BrowserService _service = null!;

    protected IPage Page { get; private set; } = null!;

    protected SampleService Service => _service.Service;

    protected string Address => _service.Address;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _service = await BrowserService.StartAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _service.DisposeAsync();
    }

    [SetUp]
    public Task OpenPageAsync() => OpenPageAsync(new());

    [TearDown]
    public async Task ClosePageAsync()
    {
        await Page.Context.DisposeAsync();
        Assert.That(_complaints, Is.Empty);
    }

    protected Task EmptyCacheAsync() => _service.Database.ExecuteAsync("DELETE FROM solid_cache_entries");

    protected Task ExecuteAsync(string sql) => _service.Database.ExecuteAsync(sql);

    protected Task<long> CountOpenSessionsAsync() => _service.Database.ScalarAsync<long>("SELECT count(*) FROM auth.sessions WHERE ended_at IS NULL");

    /// <summary>What the browser says about refused requests is expected from here on.</summary>
    protected void ForgiveComplaints(string text) => _complaints.RemoveAll(complaint => complaint.Contains(text, StringComparison.Ordinal));

    protected async Task OpenPageAsync(BrowserNewContextOptions options)
    {
        if (Page is not null)
        {
            await Page.Context.DisposeAsync();
        }

        _complaints.Clear();
        var context = await _browser.NewContextAsync(options);
        Page = await context.NewPageAsync();
        Page.SetDefaultTimeout(Patience);
        Page.Console += (_, message) => Complain(message.Type is "error" or "warning", $"{message.Type}: {message.Text}");
        Page.PageError += (_, error) => Complain(true, error);
        Page.Request += (_, request) => Complain(
            !request.Url.StartsWith(Address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal), $"asked for {request.Url}");
        await Page.GotoAsync($"{Address}/admin");
    }

    protected async Task SignInAsync(string email = "admin@example.com", string password = "Admin-demo-1")
    {
        await Page.GetByLabel("Email").FillAsync(email);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private void Complain(bool isOne, string complaint)
    {
        if (isOne)
        {
            _complaints.Add(complaint);
        }
    }
}

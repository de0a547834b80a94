using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.TagHelpers;
using Microsoft.AspNetCore.Razor.TagHelpers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>The tag helper <c>distributed-cache</c> of a view, processed as the view processes it, on two nodes with one database.</summary>
public sealed class CacheTagHelpers
{
    private int _rendered;
    private TestDatabase _database = null!;
    private WebNode _one = null!;
    private WebNode _other = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        (_one, _other) = (await StartNodeAsync(), await StartNodeAsync());
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_fragment_is_rendered_once_for_all_nodes()
    {
        var rendered = await _one.GetAsync("/fragment?name=menu");

        Assert.That(rendered, Does.Match("^<b>&amp; \\d+</b>$"));
        Assert.That(await _other.GetAsync("/fragment?name=menu"), Is.EqualTo(rendered));
        Assert.That(await _other.GetAsync("/fragment?name=footer"), Is.Not.EqualTo(rendered));
    }

    [Test]
    public async Task A_fragment_varies_by_what_is_named()
    {
        var english = await _one.GetAsync("/fragment?name=greeting", ("X-Language", "en"));

        Assert.That(await _other.GetAsync("/fragment?name=greeting", ("X-Language", "de")), Is.Not.EqualTo(english));
        Assert.That(await _other.GetAsync("/fragment?name=greeting", ("X-Language", "en")), Is.EqualTo(english));
    }

    [Test]
    public async Task A_fragment_expires()
    {
        var rendered = await _one.GetAsync("/fragment?name=brief&milliseconds=500");
        await Eventually.TrueAsync(async () => await _other.GetAsync("/fragment?name=brief&milliseconds=500") != rendered, "a fragment is rendered anew after its time");
    }

    private async Task<string> RenderAsync(HttpContext context, string name, TimeSpan life)
    {
        var helper = ActivatorUtilities.CreateInstance<DistributedCacheTagHelper>(context.RequestServices);
        (helper.Name, helper.ExpiresAfter, helper.VaryByHeader) = (name, life, "X-Language");
        helper.ViewContext = new ViewContext { HttpContext = context, RouteData = context.GetRouteData() };
        var output = new TagHelperOutput("distributed-cache", [], (_, _) =>
        {
            var content = new DefaultTagHelperContent();
            content.AppendHtml("<b>").Append($"& {Interlocked.Increment(ref _rendered)}").AppendHtml("</b>");
            return Task.FromResult<TagHelperContent>(content);
        });
        await helper.ProcessAsync(new TagHelperContext("distributed-cache", [], new Dictionary<object, object>(), "1"), output);
        return output.Content.GetContent();
    }

    private Task<WebNode> StartNodeAsync() => WebNode.StartAsync(
        builder =>
        {
            builder.Services.AddControllersWithViews();
            builder.Services.AddPostgresSolidCache(options => options.ConnectionString = _database.ConnectionString);
        },
        application => application.MapGet("/fragment", (HttpContext context, string name, int milliseconds = 60_000) => RenderAsync(context, name, TimeSpan.FromMilliseconds(milliseconds))));
}

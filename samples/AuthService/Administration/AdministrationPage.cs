namespace AuthService.Administration;

/// <summary>The files of the administrators' page, in wwwroot/admin.</summary>
internal static class AdministrationPage
{
    private const string Path = "/admin";

    /// <summary>Redirects by itself: the file server's redirect names the host that the request named, which may be anybody's.</summary>
    public static void UseAdministrationPage(this WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            if (context.Request.Path != Path)
            {
                return next(context);
            }

            context.Response.Redirect($"{context.Request.PathBase}{Path}/{context.Request.QueryString}");
            return Task.CompletedTask;
        });
        app.UseFileServer(new FileServerOptions { RedirectToAppendTrailingSlash = false });
    }
}

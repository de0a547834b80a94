using Testcontainers.PostgreSql;

namespace AuthService.Database;

/// <summary>A PostgreSQL server in Docker, for developers who have not set one up. It goes, with its data, when the service stops.</summary>
internal sealed class DevelopmentContainer : IAsyncDisposable, IDisposable
{
    private const string Image = "postgres:18";
    private const string WhatToDo = "Set ConnectionStrings__Postgres to a PostgreSQL database, or run ./demo.sh, which finds or starts a server.";
    private readonly PostgreSqlContainer _container;

    private DevelopmentContainer(PostgreSqlContainer container) => _container = container;

    public string ConnectionString => _container.GetConnectionString();

    /// <exception cref="SetupException">This is not a development machine, or one without Docker.</exception>
    public static async Task<DevelopmentContainer> StartAsync(IHostEnvironment environment)
    {
        if (!environment.IsDevelopment())
        {
            throw new SetupException($"There is no database. {WhatToDo}");
        }

        try
        {
            var container = new PostgreSqlBuilder(Image).WithDatabase("auth").Build();
            await container.StartAsync();
            return new DevelopmentContainer(container);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Docker fails in many ways: not there, not running, not allowed, no image to be had.
            throw new SetupException($"There is no database, and Docker started none ({FirstLine(error.Message)}). {WhatToDo}", error);
        }
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static string FirstLine(string text) => text.AsSpan().Trim().ToString().Split('\n', 2)[0].TrimEnd('\r', '.', ' ');
}

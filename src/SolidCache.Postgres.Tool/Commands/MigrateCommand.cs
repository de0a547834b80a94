using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Creates or upgrades the schema, or prints the script that does.</summary>
internal static class MigrateCommand
{
    public static Command Create(ConnectionOptions connection, Terminal terminal)
    {
        var script = new Option<bool>("--script") { Description = "Print the SQL instead of running it; needs no server." };
        var output = new Option<FileInfo?>("--output") { Description = "Write the SQL to this file instead of running it; needs no server." };
        var unlogged = new Option<bool>("--unlogged") { Description = "Create the table UNLOGGED: faster, and emptied by a crash or failover." };
        var command = new Command("migrate", "Creates the table and its functions, or brings them up to date.") { script, output, unlogged };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // A file to write to is a wish for the script: nobody who names one wants the database changed.
            if (parsed.GetValue(script) || parsed.GetValue(output) is not null)
            {
                var (schema, table) = connection.ReadNames(parsed);
                return await PrintAsync(PostgresSolidCacheSchema.GetScript(schema, table, parsed.GetValue(unlogged)), parsed.GetValue(output), terminal, cancellationToken);
            }

            var target = connection.Read(parsed);
            await using var services = target.Open(createSchema: true, parsed.GetValue(unlogged));
            // The schema is brought up to date before the first statement.
            await services.GetRequiredService<ISolidCache>().GetStatisticsAsync(cancellationToken);
            await using var dataSource = target.OpenDataSource();
            using var session = new Session(await dataSource.OpenConnectionAsync(cancellationToken), TimeSpan.FromMinutes(1));
            new TagIndex(new SqlNames(new TableName(target.Schema, target.Table))).Ensure(session);
            terminal.Line($"The schema of the cache {target} has version {PostgresSolidCacheSchema.Version}.");
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<int> PrintAsync(string script, FileInfo? output, Terminal terminal, CancellationToken cancellationToken)
    {
        if (output is null)
        {
            await terminal.Raw.WriteAsync(System.Text.Encoding.UTF8.GetBytes(script), cancellationToken);
            await terminal.Raw.FlushAsync(cancellationToken);
            return ExitCode.Fine;
        }

        try
        {
            await File.WriteAllTextAsync(output.FullName, script, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            terminal.Complain($"The script was not written: {error.Message}");
            return ExitCode.NotWritten;
        }

        terminal.Line($"The script was written to {output.FullName}.");
        return ExitCode.Fine;
    }
}

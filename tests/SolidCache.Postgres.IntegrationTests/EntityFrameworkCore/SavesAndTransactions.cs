using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL;
using IsolationLevel = System.Data.IsolationLevel;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>In which transaction, and when in it, what a save changes is removed.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class SavesAndTransactions(bool isAsync) : ShopFixture(isAsync)
{
    [TestCase(AutoTransactionBehavior.WhenNeeded)]
    [TestCase(AutoTransactionBehavior.Always)]
    [TestCase(AutoTransactionBehavior.Never)]
    public async Task A_save_removes_in_the_transaction_that_writes_the_row_be_it_a_single_command(AutoTransactionBehavior behavior)
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}");

        context.Database.AutoTransactionBehavior = behavior;
        user.Name = "Grace";
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
        Assert.That(
            await Database.ScalarAsync<bool>($"SELECT users.xmin = entry.xmin FROM users, solid_cache_entries AS entry WHERE users.\"Id\" = {user.Id} AND key = 'user_profile:{user.Id}'"),
            "The row and what is left of the entry were written by one transaction.");
    }

    [Test]
    public async Task A_save_that_fails_at_its_commit_removes_nothing()
    {
        await using var context = NewContext(UserProfiles, npgsql: null, new FailingCommit());
        var id = await Database.ScalarAsync<long>("INSERT INTO users (\"Name\", \"Email\", \"Version\", \"Settings_Theme\") VALUES ('Ada', gen_random_uuid()::text, 0, '') RETURNING \"Id\"");
        await CacheAsync($"user_profile:{id}");

        (await context.Users.SingleAsync(user => user.Id == id)).Name = "Grace";

        Assert.That(async () => await SaveAsync(context), Throws.TypeOf<FormatException>());
        Assert.That(RemovingStatements, Is.EqualTo(1));
        Assert.That(await RemovedAsync(), Is.Empty);
        Assert.That(await Database.ScalarAsync<string>($"SELECT \"Name\" FROM users WHERE \"Id\" = {id}"), Is.EqualTo("Ada"));
    }

    [Test]
    public async Task A_save_of_nothing_that_is_cached_sends_nothing_to_the_cache()
    {
        await using var context = NewContext(UserProfiles);
        context.Add(new Product());
        Forget();
        await SaveAsync(context);

        Assert.That(Statements.Where(statement => statement.Contains("solid_cache", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Several_saves_of_one_transaction_remove_in_one_statement_right_before_its_commit()
    {
        await using var context = NewContext(UserProfiles);
        var (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
        await CacheAsync($"user_profile:{other.Id}", $"user_profile:{one.Id}");

        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            one.Name = "Grace";
            await SaveAsync(context);
            context.Remove(other);
            await SaveAsync(context);
            Assert.That(await RemovedAsync(), Is.Empty);
            Assert.That(RemovingStatements, Is.Zero);

            await CommitAsync(transaction);
        }

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));
        Assert.That(RemovingStatements, Is.EqualTo(1));
        Assert.That(Statements[^1], Does.Contain("solid_cache:remove_in_transaction"));
    }

    [Test]
    public async Task A_transaction_that_is_rolled_back_removes_nothing_and_leaves_nothing_to_the_next()
    {
        await using var context = NewContext(UserProfiles);
        var (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
        await CacheAsync($"user_profile:{one.Id}", $"user_profile:{other.Id}");

        await using (await context.Database.BeginTransactionAsync())
        {
            one.Name = "Grace";
            await SaveAsync(context);
        }

        Assert.That(await RemovedAsync(), Is.Empty);

        other.Name = "Grace";
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.EqualTo((string[])[$"user_profile:{other.Id}"]));
    }

    [Test]
    public async Task A_save_that_failed_in_a_transaction_does_not_hold_up_the_others()
    {
        await using var context = NewContext(UserProfiles);
        var (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
        await CacheAsync($"user_profile:{one.Id}", $"user_profile:{other.Id}");

        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            one.Email = other.Email;
            Assert.That(async () => await SaveAsync(context), Throws.TypeOf<DbUpdateException>());
            await context.Entry(one).ReloadAsync();
            other.Name = "Grace";
            await SaveAsync(context);
            await CommitAsync(transaction);
        }

        Assert.That(await RemovedAsync(), Is.EqualTo((string[])[$"user_profile:{other.Id}"]));
    }

    [Test]
    public async Task A_savepoint_that_is_rolled_back_to_removes_too_much_at_most()
    {
        await using var context = NewContext(UserProfiles);
        var (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
        await CacheAsync($"user_profile:{one.Id}", $"user_profile:{other.Id}");

        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            one.Name = "Grace";
            await SaveAsync(context);
            await transaction.CreateSavepointAsync("before");
            other.Name = "Grace";
            await SaveAsync(context);
            await transaction.RollbackToSavepointAsync("before");
            await CommitAsync(transaction);
        }

        Assert.That(await RemovedAsync(), Does.Contain($"user_profile:{one.Id}"));
    }

    [Test]
    public async Task A_conflict_without_a_savepoint_removes_what_the_save_wrote_before_it()
    {
        await using var context = NewContext(UserProfiles);
        context.Database.AutoSavepointsEnabled = false;
        var (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
        await CacheAsync($"user_profile:{one.Id}");
        await Database.ExecuteAsync($"UPDATE users SET \"Version\" = 1 WHERE \"Id\" = {other.Id}");

        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            (one.Name, other.Name) = ("Grace", "Grace");
            Assert.That(async () => await SaveAsync(context), Throws.TypeOf<DbUpdateConcurrencyException>());
            await CommitAsync(transaction);
        }

        Assert.That(await Database.ScalarAsync<string>($"SELECT \"Name\" FROM users WHERE \"Id\" = {one.Id}"), Is.EqualTo("Grace"));
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_save_that_ends_before_the_server_is_asked_removes_what_it_wrote_before(
        [Values] bool isCancelled, [Values] bool hasSavepoints, [Values("begun", "told", "scope")] string transaction)
    {
        using var cancelled = new CancellationTokenSource();
        var ending = new EndingSecondCommand(isCancelled ? cancelled.Cancel : () => throw new FormatException());
        await using var connection = await Source.OpenConnectionAsync();
        await using var context = NewContext(UserProfiles, npgsql => npgsql.MaxBatchSize(1), ending);
        var (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
        await CacheAsync($"user_profile:{one.Id}");
        context.Database.AutoSavepointsEnabled = hasSavepoints;
        (one.Name, other.Name) = ("Grace", "Grace");
        ending.IsOff = false;

        switch (transaction)
        {
            case "begun":
                await using (var begun = await context.Database.BeginTransactionAsync())
                {
                    await FailAsync();
                    await CommitAsync(begun);
                }

                break;

            case "told":
                context.Database.SetDbConnection(connection);
                await using (var told = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted))
                {
                    await context.Database.UseTransactionAsync(told);
                    await FailAsync();
                    await told.CommitAsync();
                }

                break;

            default:
                using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
                {
                    await FailAsync();
                    scope.Complete();
                }

                break;
        }

        if (await Database.ScalarAsync<string>($"SELECT \"Name\" FROM users WHERE \"Id\" = {one.Id}") == "Grace")
        {
            Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
        }
        else
        {
            Assert.That(hasSavepoints, "Only with one is it undone.");
        }

        async Task FailAsync()
        {
            try
            {
                await SaveAsync(context, cancelled.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or FormatException or DbUpdateException)
            {
                ending.IsOff = true;
            }
        }
    }

    [Test]
    public async Task A_transaction_that_was_not_begun_by_the_context_is_removed_in_at_the_end_of_each_save()
    {
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}");

        context.Database.SetDbConnection(connection);
        await context.Database.UseTransactionAsync(transaction);
        user.Name = "Grace";
        await SaveAsync(context);
        Assert.That(await RemovedAsync(), Is.Empty);
        await transaction.CommitAsync();

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_scope_takes_the_removal_along(bool completes)
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}");

        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            user.Name = "Grace";
            await SaveAsync(context);
            if (completes)
            {
                scope.Complete();
            }
        }

        Assert.That(await Database.ScalarAsync<string>($"SELECT \"Name\" FROM users WHERE \"Id\" = {user.Id}"), Is.EqualTo(completes ? "Grace" : "Ada"));
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(completes ? 1 : 0));
    }

    [Test]
    public async Task A_retrying_strategy_tries_the_removal_again_with_the_save()
    {
        var commit = new FailingCommit(new NpgsqlException("gone", new TimeoutException()));
        await using var context = NewContext(UserProfiles, npgsql => npgsql.ExecutionStrategy(
            dependencies => new NpgsqlRetryingExecutionStrategy(dependencies, maxRetryCount: 2, maxRetryDelay: TimeSpan.Zero, errorCodesToAdd: null)), commit);
        commit.IsOff = true;
        var user = await StoredUserAsync(context);
        commit.IsOff = false;
        await CacheAsync($"user_profile:{user.Id}", $"user_profile:{user.Id + 2}");

        user.Name = "Grace";
        context.Users.Add(new());
        await SaveAsync(context);

        Assert.That(RemovingStatements, Is.EqualTo(2));
        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2), "The second try has another identity.");
    }

    [Test]
    public async Task What_other_interceptors_change_counts_whether_they_come_before_or_after()
    {
        await using var context = NewContext(cache => cache.On<User>(user => $"user_by_email:{user.Email}"), npgsql: null, new Renaming());
        await CacheAsync("user_by_email:renamed");

        context.Users.Add(new());
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_save_from_within_a_save_loses_nothing()
    {
        await using var context = NewContext(UserProfiles, npgsql: null, new SavingAgain());
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}");

        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            user.Name = "Grace";
            await SaveAsync(context);
            await CommitAsync(transaction);
        }

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_save_that_is_accepted_later_removes_all_the_same()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}", $"user_profile:{user.Id + 1}");

        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            user.Name = "Grace";
            context.Users.Add(new());
            await context.SaveChangesAsync(acceptAllChangesOnSuccess: false);
            await CommitAsync(transaction);
            context.ChangeTracker.AcceptAllChanges();
        }

        Assert.That(await RemovedAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_transaction_begun_in_SQL_fails_the_save_which_begins_another()
    {
        await using var context = NewContext(UserProfiles);
        var user = await StoredUserAsync(context);
        await context.Database.OpenConnectionAsync();
        await context.Database.ExecuteSqlRawAsync("begin");

        user.Name = "Grace";

        await Assert.ThatAsync(() => SaveAsync(context), Throws.InvalidOperationException.With.Message.Contains("transaction is already in progress"), "The page says so.");
        await context.Database.ExecuteSqlRawAsync("rollback");
        await SaveAsync(context);
    }

    /// <summary>A commit whose removal is done and that then fails: once, or always.</summary>
    private sealed class FailingCommit(Exception? once = null) : DbTransactionInterceptor
    {
        private bool _hasFailed;

        public bool IsOff { get; set; }

        public override InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
        {
            if (IsOff || (once is not null && _hasFailed))
            {
                return result;
            }

            _hasFailed = true;
            throw once ?? new FormatException();
        }

        public override ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(TransactionCommitting(transaction, eventData, result));
    }

    /// <summary>Ends a save between its first command and the second.</summary>
    private sealed class EndingSecondCommand(Action end) : DbCommandInterceptor
    {
        private int _commands;

        public bool IsOff { get; set; } = true;

        public override DbCommand CommandCreated(CommandEndEventData eventData, DbCommand result)
        {
            if (!IsOff && eventData.CommandSource == CommandSource.SaveChanges && ++_commands == 2)
            {
                end();
            }

            return result;
        }
    }

    private sealed class Renaming : SaveChangesInterceptor
    {
        public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
        {
            eventData.Context!.ChangeTracker.Entries<User>().Single().Entity.Email = "renamed";
            return result;
        }

        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
            DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(SavingChanges(eventData, result));
    }

    /// <summary>As a domain event's handler does.</summary>
    private sealed class SavingAgain : SaveChangesInterceptor
    {
        public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
        {
            var context = eventData.Context!;
            if (context.ChangeTracker.Entries<Product>().Any())
            {
                return result;
            }

            context.Add(new Product());
            context.SaveChanges();
            return result;
        }

        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
            DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(SavingChanges(eventData, result));

        public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
        {
            var context = eventData.Context!;
            if (context.ChangeTracker.Entries<Product>().Count() == 1)
            {
                context.Add(new Product());
                context.SaveChanges();
            }

            return result;
        }

        public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(SavedChanges(eventData, result));
    }
}

using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Contracts;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>Transactions of what wraps a connection, as profilers do.</summary>
public sealed class WrappedConnections() : ContractFixture(Calling.Async)
{
    [Test]
    public async Task What_wraps_a_transaction_but_not_its_commands_is_refused_with_what_to_do([Values] bool removes)
    {
        await using var inner = await Database.Source.OpenConnectionAsync();
        await using var connection = new Wrapper(inner);
        await using var transaction = await connection.BeginTransactionAsync();

        await Assert.ThatAsync(
            () => removes ? SolidCache.RemoveAsync(NewKey(), transaction) : SolidCache.SetAsync(NewKey(), [1], Forever, transaction),
            Throws.ArgumentException.With.Message.Contains("Npgsql.NpgsqlCommand").And.Message.Contains(nameof(WrappedTransaction)).And.InnerException.TypeOf<InvalidCastException>());
    }

    [Test]
    public async Task What_is_within_it_can_be_used()
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [1], Forever);
        await using var inner = await Database.Source.OpenConnectionAsync();
        await using var connection = new Wrapper(inner);
        await using var transaction = await connection.BeginTransactionAsync();

        await SolidCache.InTransactionOf(connection).RemoveAsync([key]);
        await transaction.CommitAsync();

        Assert.That(await SolidCache.ExistsAsync(key), Is.False);
    }

    private sealed class WrappedTransaction(DbConnection connection, DbTransaction inner) : DbTransaction
    {
        public override IsolationLevel IsolationLevel => inner.IsolationLevel;

        protected override DbConnection DbConnection => connection;

        public override void Commit() => inner.Commit();

        public override void Rollback() => inner.Rollback();
    }

    private sealed class Wrapper(NpgsqlConnection inner) : DbConnection
    {
        [AllowNull]
        public override string ConnectionString
        {
            get => inner.ConnectionString;
            set => inner.ConnectionString = value;
        }

        public override string Database => inner.Database;

        public override string DataSource => inner.DataSource;

        public override string ServerVersion => inner.ServerVersion;

        public override ConnectionState State => inner.State;

        public override void ChangeDatabase(string databaseName) => inner.ChangeDatabase(databaseName);

        public override void Open() => inner.Open();

        public override void Close() => inner.Close();

        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => new WrappedTransaction(this, inner.BeginTransaction(isolationLevel));

        protected override DbCommand CreateDbCommand() => inner.CreateCommand();
    }
}

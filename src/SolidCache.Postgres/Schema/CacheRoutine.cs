namespace SolidCache.Postgres.Schema;

/// <summary>A function or procedure that the migrations make beside the tables.</summary>
/// <param name="Name">What it is called in the migrations.</param>
/// <param name="Kind">PostgreSQL's <c>prokind</c>.</param>
/// <param name="Arguments">The types of its arguments, as <c>proargtypes</c> has them.</param>
/// <param name="Result">The type of its result.</param>
internal sealed record CacheRoutine(string Name, char Kind, string Arguments, string Result);

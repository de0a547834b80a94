using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Reads random objects by <c>GetOrCreateAsync</c>, or has those made, each once, that are not there.</summary>
internal sealed class GetOrCreate(bool areThere) : Workload(areThere ? WorkloadName.GetJson : WorkloadName.GetMiss, KeySpace.Profiles)
{
    private static readonly SolidCacheEntryOptions Life = new() { AbsoluteExpirationRelativeToNow = KeySpace.Profiles.Expiration.AbsoluteExpirationRelativeToNow };

    public override bool Consumes => !areThere;

    public override string[] KeysOf(Dataset data) => areThere ? data.Keys : data.MissingKeys;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        var profile = await ((ISolidCache)caller.Cache).GetOrCreateAsync(
            key,
            (Caller: caller, AreThere: areThere),
            static (state, _) =>
            {
                WrongAnswerException.ThrowUnless(!state.AreThere, "what is there");
                return ValueTask.FromResult(state.Caller.OneOf(state.Caller.Data.Profiles));
            },
            UserProfileJson.Default.UserProfile,
            Life);
        WrongAnswerException.ThrowUnless(profile.About.Length == caller.Data.Profiles[0].About.Length, key);
    }
}

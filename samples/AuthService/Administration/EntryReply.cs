namespace AuthService.Administration;

/// <summary>What may be told of an entry: not what it holds. An entry that never expires has no time to live.</summary>
internal sealed record EntryReply(string Key, long SizeBytes, double? TimeToLiveSeconds);

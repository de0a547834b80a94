namespace AuthService.Administration;

internal sealed record CleanupReply(long DeletedCount);

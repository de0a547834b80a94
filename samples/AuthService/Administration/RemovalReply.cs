namespace AuthService.Administration;

internal sealed record RemovalReply(long RemovedCount);

namespace AuthService.Users;

/// <summary>There is no user to make a profile of. Thrown, so that nothing is cached: the user may be made at any moment.</summary>
internal sealed class UnknownUserException : Exception
{
    public UnknownUserException()
    {
    }

    public UnknownUserException(string message)
        : base(message)
    {
    }

    public UnknownUserException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

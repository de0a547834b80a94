namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>A cache answered fast and wrongly.</summary>
internal sealed class WrongAnswerException : Exception
{
    public WrongAnswerException()
    {
    }

    public WrongAnswerException(string message)
        : base(message)
    {
    }

    public WrongAnswerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public static void ThrowUnless(bool isRight, string key)
    {
        if (!isRight)
        {
            throw new WrongAnswerException($"The answer for {key} is not what was stored.");
        }
    }
}

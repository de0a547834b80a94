using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Users;

internal static class UserListEndpoint
{
    private const int LargestPage = 100;
    private const int LastPage = 1_000_000;

    public static async Task<Results<Ok<UserPage>, ValidationProblem>> ListAsync(
        UserListStore store, CancellationToken cancellationToken, int page = 1, int pageSize = 20)
    {
        var problems = new Dictionary<string, string[]>();
        if (page is < 1 or > LastPage)
        {
            problems["page"] = [$"A page from 1 to {LastPage} is needed."];
        }

        if (pageSize is < 1 or > LargestPage)
        {
            problems["pageSize"] = [$"A page has 1 to {LargestPage} users."];
        }

        if (problems.Count > 0)
        {
            return TypedResults.ValidationProblem(problems);
        }

        var (users, total) = await store.ReadAsync(pageSize, (page - 1L) * pageSize, cancellationToken);
        return TypedResults.Ok(new UserPage(users, page, pageSize, total, (total + pageSize - 1) / pageSize));
    }
}

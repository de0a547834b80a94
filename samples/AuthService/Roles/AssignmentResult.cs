namespace AuthService.Roles;

/// <summary>How an assignment of roles ended.</summary>
internal enum AssignmentResult
{
    Done,
    UnknownUser,
    UnknownRole,

    /// <summary>Refused: nobody could administer the service any more.</summary>
    LastAdministrator,
}

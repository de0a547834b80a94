namespace AuthService.Roles;

/// <summary>How an assignment of roles ended.</summary>
internal enum AssignmentResult
{
    Done,
    UnknownUser,

    /// <summary>Who asks is no administrator any more, whatever its access token says.</summary>
    NotAllowed,
    UnknownRole,

    /// <summary>Refused: nobody could administer the service any more.</summary>
    LastAdministrator,
}

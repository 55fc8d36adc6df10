/** The secret of an invitation, kept through a log-in in this tab's memory alone. */
class Pending {
  token = $state('');
  accepted = $state(false);
}

export const pending = new Pending();

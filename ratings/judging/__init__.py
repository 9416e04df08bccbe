"""评审: panels, sheets, the agreed sheet of a 合议, paper sheets, and what stays unseen."""

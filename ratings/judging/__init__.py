"""评审: panels and who may not sit in them, sheets, the agreed sheet of a 合议, paper sheets, and what stays unseen."""

"""What stands beside a case: emergencies, appeals, referrals, preservation and custody, the mirror of each partner."""

-- What the filters can be set to.
WITH seen AS (
    SELECT DISTINCT team, bank FROM visible_calls($scope_team, $scope_bank, $scope_agent)
)

SELECT
    (SELECT coalesce(list(DISTINCT team ORDER BY team), []) FROM seen WHERE team IS NOT NULL) AS teams,
    (SELECT coalesce(list(DISTINCT bank ORDER BY bank), []) FROM seen WHERE bank IS NOT NULL) AS banks;

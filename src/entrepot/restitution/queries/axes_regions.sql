-- The published indicator of each axis, by region.
select
    trimestre,
    niveau,
    code,
    libelle as region,
    max(valeur_trimestre) filter (where axe = 'recenser_federer') as coordination_trimestre,
    max(valeur_cumul) filter (where axe = 'recenser_federer') as coordination_cumul,
    max(valeur_trimestre) filter (where axe = 'aller_vers') as evenements_trimestre,
    max(valeur_cumul) filter (where axe = 'aller_vers') as evenements_cumul,
    max(valeur_trimestre) filter (where axe = 'innover') as freins_trimestre,
    max(valeur_cumul) filter (where axe = 'innover') as freins_cumul,
    max(nb_repondants) as nb_repondants,
    max(nb_attendus) as nb_attendus
from marts.bilan_axes
where
    trimestre = %(trimestre)s and niveau = 'region'
    and indicateur = case axe when 'innover' then 'actions_frein' else 'occurrences' end
group by trimestre, niveau, code, libelle
order by code
